/** Recommendations for less data, from samples of what passes. */
@NullMarked
package dev.tethys.pipeline.advice;

import org.jspecify.annotations.NullMarked;
