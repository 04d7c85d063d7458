-- Tables and queries for clustering and grain storage of Orleans by ADO.NET, for PostgreSQL 12 or later.
-- Orleans reads its queries from the table OrleansQuery. The keys of the queries, and the names of their parameters and
-- result columns, are its contract; the tables behind them are this file's.

CREATE TABLE orleansquery (querykey varchar(64) PRIMARY KEY, querytext text NOT NULL);

-- The version of each cluster's table of silos. Each change of the table raises it, so that concurrent changes are noticed.
CREATE TABLE cluster (deploymentid varchar(150) PRIMARY KEY, version integer NOT NULL DEFAULT 0);

CREATE TABLE silo (
    deploymentid varchar(150) REFERENCES cluster,
    address varchar(45),
    port integer,
    generation integer,
    siloname varchar(150) NOT NULL,
    hostname varchar(150) NOT NULL,
    status integer NOT NULL,
    proxyport integer,
    suspecttimes text,
    starttime timestamptz NOT NULL,
    iamalivetime timestamptz NOT NULL,
    PRIMARY KEY (deploymentid, address, port, generation));

-- A grain without a key extension has an empty one. A cleared state has no payload and keeps its version.
CREATE TABLE grainstate (
    serviceid varchar(150),
    grainidhash integer,
    graintypehash integer,
    grainidn0 bigint,
    grainidn1 bigint,
    graintype varchar(512),
    extension varchar(512),
    version integer NOT NULL,
    payload bytea,
    PRIMARY KEY (grainidhash, graintypehash, grainidn0, grainidn1, graintype, extension, serviceid));

INSERT INTO orleansquery VALUES
('InsertMembershipVersionKey', '
    WITH made AS (INSERT INTO cluster (deploymentid) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::integer FROM made'),

('InsertMembershipKey', '
    WITH raised AS (
        UPDATE cluster SET version = version + 1
        WHERE deploymentid = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT 1 FROM silo WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deploymentid),
    made AS (
        INSERT INTO silo (deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime, iamalivetime)
        SELECT deploymentid, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM raised
        RETURNING 1)
    SELECT count(*)::integer FROM made'),

('UpdateMembershipKey', '
    WITH raised AS (
        UPDATE cluster SET version = version + 1
        WHERE deploymentid = @DeploymentId AND version = @Version AND EXISTS (
            SELECT 1 FROM silo WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deploymentid),
    changed AS (
        UPDATE silo SET status = @Status, suspecttimes = @SuspectTimes, iamalivetime = @IAmAliveTime FROM raised
        WHERE silo.deploymentid = raised.deploymentid AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT count(*)::integer FROM changed'),

('UpdateIAmAlivetimeKey', '
    UPDATE silo SET iamalivetime = @IAmAliveTime
    WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),

-- One row without a silo if there is none, for the version.
('MembershipReadRowKey', '
    SELECT c.deploymentid, s.address, s.port, s.generation, s.siloname, s.hostname, s.status, s.proxyport, s.suspecttimes, s.starttime, s.iamalivetime, c.version
    FROM cluster c LEFT JOIN silo s ON s.deploymentid = c.deploymentid AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
    WHERE c.deploymentid = @DeploymentId'),

('MembershipReadAllKey', '
    SELECT c.deploymentid, s.address, s.port, s.generation, s.siloname, s.hostname, s.status, s.proxyport, s.suspecttimes, s.starttime, s.iamalivetime, c.version
    FROM cluster c LEFT JOIN silo s ON s.deploymentid = c.deploymentid
    WHERE c.deploymentid = @DeploymentId'),

('GatewaysQueryKey', '
    SELECT address, proxyport, generation FROM silo WHERE deploymentid = @DeploymentId AND status = @Status AND proxyport > 0'),

-- 3 is the status of an active silo.
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM silo WHERE deploymentid = @DeploymentId AND iamalivetime < @IAmAliveTime AND status <> 3'),

('DeleteMembershipTableEntriesKey', '
    DELETE FROM silo WHERE deploymentid = @DeploymentId;
    DELETE FROM cluster WHERE deploymentid = @DeploymentId'),

('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, now() AS ReadOn, version AS Version FROM grainstate
    WHERE grainidhash = @GrainIdHash AND graintypehash = @GrainTypeHash AND grainidn0 = @GrainIdN0 AND grainidn1 = @GrainIdN1
        AND graintype = @GrainTypeString AND extension = coalesce(@GrainIdExtensionString::varchar, '''') AND serviceid = @ServiceId'),

-- The version that was given, if another one is stored: Orleans then reports the conflict.
('WriteToStorageKey', '
    WITH changed AS (
        UPDATE grainstate SET payload = @PayloadBinary, version = version + 1
        WHERE grainidhash = @GrainIdHash AND graintypehash = @GrainTypeHash AND grainidn0 = @GrainIdN0 AND grainidn1 = @GrainIdN1
            AND graintype = @GrainTypeString AND extension = coalesce(@GrainIdExtensionString::varchar, '''') AND serviceid = @ServiceId
            AND version = @GrainStateVersion::integer
        RETURNING version),
    made AS (
        INSERT INTO grainstate (grainidhash, graintypehash, grainidn0, grainidn1, graintype, extension, serviceid, version, payload)
        SELECT @GrainIdHash, @GrainTypeHash, @GrainIdN0, @GrainIdN1, @GrainTypeString, coalesce(@GrainIdExtensionString::varchar, ''''), @ServiceId, 1, @PayloadBinary
        WHERE @GrainStateVersion::integer IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version)
    SELECT coalesce((SELECT version FROM changed), (SELECT version FROM made), @GrainStateVersion::integer) AS NewGrainStateVersion'),

('ClearStorageKey', '
    UPDATE grainstate SET payload = NULL, version = version + 1
    WHERE grainidhash = @GrainIdHash AND graintypehash = @GrainTypeHash AND grainidn0 = @GrainIdN0 AND grainidn1 = @GrainIdN1
        AND graintype = @GrainTypeString AND extension = coalesce(@GrainIdExtensionString::varchar, '''') AND serviceid = @ServiceId
        AND version = @GrainStateVersion::integer
    RETURNING version AS NewGrainStateVersion'),

('DeleteStorageKey', '
    DELETE FROM grainstate
    WHERE grainidhash = @GrainIdHash AND graintypehash = @GrainTypeHash AND grainidn0 = @GrainIdN0 AND grainidn1 = @GrainIdN1
        AND graintype = @GrainTypeString AND extension = coalesce(@GrainIdExtensionString::varchar, '''') AND serviceid = @ServiceId
        AND version = @GrainStateVersion::integer
    RETURNING version + 1 AS NewGrainStateVersion');
