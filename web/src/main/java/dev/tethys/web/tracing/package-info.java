/** Where the traces of this program are sent: by OTLP, over gRPC or HTTP. */
@NullMarked
package dev.tethys.web.tracing;

import org.jspecify.annotations.NullMarked;
