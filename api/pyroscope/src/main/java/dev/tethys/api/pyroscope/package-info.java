/** Pyroscope's HTTP API for readers of profiles. */
@NullMarked
package dev.tethys.api.pyroscope;

import org.jspecify.annotations.NullMarked;
