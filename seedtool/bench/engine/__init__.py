"""Running a bench's points: in processes here, or on many machines."""
