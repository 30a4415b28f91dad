@NullMarked
package dev.tethys.pipeline.stages.time;

import org.jspecify.annotations.NullMarked;
