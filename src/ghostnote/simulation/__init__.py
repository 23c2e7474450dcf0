"""The adversary and the crowd he hides in: honest populations, cohorts, campaigns, planted into lakes."""
