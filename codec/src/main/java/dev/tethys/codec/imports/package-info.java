/** Samples as plain files hold them: Prometheus's text, JSON lines, CSV; for imports. */
@NullMarked
package dev.tethys.codec.imports;

import org.jspecify.annotations.NullMarked;
