/** Sources of logs: what reads or receives lines and hands them on as entries. */
@NullMarked
package dev.tethys.collect.logs;

import org.jspecify.annotations.NullMarked;
