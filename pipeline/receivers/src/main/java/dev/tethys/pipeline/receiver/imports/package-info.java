/** Receives imports: Prometheus's text, JSON lines, CSV. */
@NullMarked
package dev.tethys.pipeline.receiver.imports;

import org.jspecify.annotations.NullMarked;
