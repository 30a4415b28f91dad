/** Store of logs: heads, parts and queries over them. */
@NullMarked
package dev.tethys.store.logs;

import org.jspecify.annotations.NullMarked;
