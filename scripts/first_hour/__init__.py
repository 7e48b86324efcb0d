"""What scripts/first-hour is made of: the questions, the steps, and the record of what was seen."""
