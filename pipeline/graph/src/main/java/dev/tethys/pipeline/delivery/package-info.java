/** The way out: what is queued for a destination, sent, tried again, given up. */
@NullMarked
package dev.tethys.pipeline.delivery;

import org.jspecify.annotations.NullMarked;
