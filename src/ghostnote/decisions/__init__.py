"""What we do: rules, policy, royalties, groups. Scores and evidence in, decisions with reasons out."""
