"""Looking back over a day: what there is to review, and who has reviewed it."""
