/** Export of Tethys's own traces by OTLP, over gRPC or HTTP. */
@NullMarked
package dev.tethys.web.tracing;

import org.jspecify.annotations.NullMarked;
