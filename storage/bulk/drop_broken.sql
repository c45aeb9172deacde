-- Lines that break a rule, left out.
DELETE FROM {stage} WHERE "#line" IN (SELECT line FROM ({broken}) AS broken)
