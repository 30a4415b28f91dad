/** Exporters compared with the real ones. */
@NullMarked
package dev.tethys.app.exporter;

import org.jspecify.annotations.NullMarked;
