/** Tests of the way out. */
@NullMarked
package dev.tethys.pipeline.delivery;

import org.jspecify.annotations.NullMarked;
