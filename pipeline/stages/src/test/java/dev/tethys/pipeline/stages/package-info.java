@NullMarked
package dev.tethys.pipeline.stages;

import org.jspecify.annotations.NullMarked;
