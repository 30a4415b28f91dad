/** Requests over HTTP that are handed on as they are. */
@NullMarked
package dev.tethys.pipeline.extension.forwarder;

import org.jspecify.annotations.NullMarked;
