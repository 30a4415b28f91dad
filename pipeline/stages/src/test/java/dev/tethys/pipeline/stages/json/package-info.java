@NullMarked
package dev.tethys.pipeline.stages.json;

import org.jspecify.annotations.NullMarked;
