@NullMarked
package dev.tethys.collect.database.memcached;

import org.jspecify.annotations.NullMarked;
