/** Tests of the pipeline graph. */
@NullMarked
package dev.tethys.pipeline;

import org.jspecify.annotations.NullMarked;
