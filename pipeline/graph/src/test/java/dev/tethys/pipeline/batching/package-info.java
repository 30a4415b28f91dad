/** Tests of batching. */
@NullMarked
package dev.tethys.pipeline.batching;

import org.jspecify.annotations.NullMarked;
