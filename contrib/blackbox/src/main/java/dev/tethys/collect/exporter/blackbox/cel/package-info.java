/** Common Expression Language over JSON: conditions on the response to a probe. */
@NullMarked
package dev.tethys.collect.exporter.blackbox.cel;

import org.jspecify.annotations.NullMarked;
