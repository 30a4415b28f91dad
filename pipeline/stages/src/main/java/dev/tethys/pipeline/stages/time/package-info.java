/** Times in log lines, read by Go's layouts. */
@NullMarked
package dev.tethys.pipeline.stages.time;

import org.jspecify.annotations.NullMarked;
