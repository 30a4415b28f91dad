/** JSON in log lines: read strictly and quickly, written as Go writes it. */
@NullMarked
package dev.tethys.pipeline.stages.json;

import org.jspecify.annotations.NullMarked;
