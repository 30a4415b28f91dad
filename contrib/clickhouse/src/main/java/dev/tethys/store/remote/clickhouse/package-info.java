/** Reading metrics back from ClickHouse. */
@NullMarked
package dev.tethys.store.remote.clickhouse;

import org.jspecify.annotations.NullMarked;
