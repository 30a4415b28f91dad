@NullMarked
package dev.tethys.collect.database.redis;

import org.jspecify.annotations.NullMarked;
