/** Plans and runs LogQL over a log store. */
@NullMarked
package dev.tethys.query.logql.exec;

import org.jspecify.annotations.NullMarked;
