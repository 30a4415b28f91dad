/** Requests over HTTP that are forwarded unchanged. */
@NullMarked
package dev.tethys.pipeline.extension.forwarder;

import org.jspecify.annotations.NullMarked;
