/** Log entries as agents handle them: a line, its time, the stream it belongs to. */
@NullMarked
package dev.tethys.model.logs;

import org.jspecify.annotations.NullMarked;
