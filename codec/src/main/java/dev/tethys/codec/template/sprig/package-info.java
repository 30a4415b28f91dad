/** Log template functions in addition to Go's: the functions of Sprig and Promtail. */
@NullMarked
package dev.tethys.codec.template.sprig;

import org.jspecify.annotations.NullMarked;
