/** RDS and ElastiCache: instances, Enhanced Monitoring and error logs of one region. */
@NullMarked
package dev.tethys.collect.cloud.aws;

import org.jspecify.annotations.NullMarked;
