"""Reading and writing of structured reports. Pure; values are `rilon.domain.reports`."""
