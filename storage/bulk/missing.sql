-- Lines that refer to a record which is neither stored nor about to be.
SELECT {rule} AS rule, staged."#line" AS line, NULL::bigint AS earlier, staged.{column}::text AS value
FROM {stage} AS staged
WHERE staged.{column} IS NOT NULL
    AND NOT EXISTS (SELECT FROM {target} AS stored WHERE stored.{target_key} = staged.{column})
    AND NOT EXISTS (SELECT FROM {target_stage} AS coming WHERE coming.{target_key} = staged.{column})
