"""Training, calibration, evaluation and export of Osteon's model bundles."""
