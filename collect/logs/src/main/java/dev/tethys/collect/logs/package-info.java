/** Sources of logs: each reads or receives lines and passes them on as entries. */
@NullMarked
package dev.tethys.collect.logs;

import org.jspecify.annotations.NullMarked;
