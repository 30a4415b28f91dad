@NullMarked
package dev.tethys.pipeline.stages.jmespath;

import org.jspecify.annotations.NullMarked;
