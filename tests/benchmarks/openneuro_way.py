"""openneuro-py's own downloader over plain addresses: its function below the query of OpenNeuro.

argv: folder to write to, file of URLs, how many at once, CA file or "".
"""
import asyncio, sys
