/** Endpoints found by observers. */
@NullMarked
package dev.tethys.pipeline.receiver.endpoint;

import org.jspecify.annotations.NullMarked;
