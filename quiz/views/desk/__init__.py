"""The desk of the day: /console/desk and all below /console/exams/<id>/desk."""
