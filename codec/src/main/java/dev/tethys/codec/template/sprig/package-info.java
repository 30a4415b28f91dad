/** Functions of log templates beyond Go's own: those of Sprig and Promtail. */
@NullMarked
package dev.tethys.codec.template.sprig;

import org.jspecify.annotations.NullMarked;
