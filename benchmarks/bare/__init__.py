"""References: each as lean as a person would write it for this one job."""
