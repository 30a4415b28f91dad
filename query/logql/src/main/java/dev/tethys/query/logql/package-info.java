/** LogQL: requests, results and limits of queries over a log store. */
@NullMarked
package dev.tethys.query.logql;

import org.jspecify.annotations.NullMarked;
