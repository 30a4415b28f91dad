/** Extension {@code http_forwarder}: forwards HTTP requests unchanged. */
@NullMarked
package dev.tethys.pipeline.extension.forwarder;

import org.jspecify.annotations.NullMarked;
