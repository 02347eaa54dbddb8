class Refused(Exception):
    """Why a model cannot become a bundle."""
