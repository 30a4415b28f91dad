/** The Common Expression Language over JSON: conditions on what a probe was answered. */
@NullMarked
package dev.tethys.collect.exporter.blackbox.cel;

import org.jspecify.annotations.NullMarked;
