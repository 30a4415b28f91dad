/** Exporters in their own right: {@code tethys exporter NAME}. */
@NullMarked
package dev.tethys.app.exporter;

import org.jspecify.annotations.NullMarked;
