/** Readers for samples in plain files, for imports: Prometheus text, JSON lines, CSV. */
@NullMarked
package dev.tethys.codec.imports;

import org.jspecify.annotations.NullMarked;
