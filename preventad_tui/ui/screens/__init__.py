"""The screens: what a person sees at one time."""
