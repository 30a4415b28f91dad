/** Requests over HTTP that are passed on as they are. */
@NullMarked
package dev.tethys.pipeline.extension.forwarder;

import org.jspecify.annotations.NullMarked;
