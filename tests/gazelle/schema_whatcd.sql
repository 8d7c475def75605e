-- The tables of a WhatCD Gazelle (2016) that a tracker touches, and what is in them.
CREATE TABLE users_main(
  ID INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  Username VARCHAR(20) NOT NULL UNIQUE,
  Email VARCHAR(255) NOT NULL,
  PermissionID INT UNSIGNED NOT NULL,
  IP VARCHAR(15) NOT NULL DEFAULT '0.0.0.0',
  Uploaded BIGINT UNSIGNED NOT NULL DEFAULT 0,
  Downloaded BIGINT UNSIGNED NOT NULL DEFAULT 0,
  Enabled ENUM('0','1','2') NOT NULL DEFAULT '0',
  Visible ENUM('1','0') NOT NULL DEFAULT '1',
  can_leech TINYINT NOT NULL DEFAULT 1,
  torrent_pass CHAR(32) NOT NULL,
  KEY (torrent_pass)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE torrents(
  ID INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  GroupID INT NOT NULL,
  info_hash BLOB NOT NULL,
  Size BIGINT NOT NULL,
  Leechers INT NOT NULL DEFAULT 0,
  Seeders INT NOT NULL DEFAULT 0,
  last_action DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  FreeTorrent ENUM('0','1','2') NOT NULL DEFAULT '0',
  Snatched INT UNSIGNED NOT NULL DEFAULT 0,
  balance BIGINT NOT NULL DEFAULT 0,
  UNIQUE KEY InfoHash (info_hash(40))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE users_freeleeches(
  UserID INT NOT NULL,
  TorrentID INT NOT NULL,
  Time DATETIME NOT NULL,
  Expired TINYINT(1) NOT NULL DEFAULT 0,
  Downloaded BIGINT NOT NULL DEFAULT 0,
  Uses INT NOT NULL DEFAULT 1,
  PRIMARY KEY (UserID, TorrentID)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE xbt_files_users(
  uid INT NOT NULL,
  fid INT NOT NULL,
  peer_id BINARY(20) NOT NULL DEFAULT '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0',
  active TINYINT(1) NOT NULL DEFAULT 1,
  announced INT NOT NULL DEFAULT 0,
  completed TINYINT(1) NOT NULL DEFAULT 0,
  downloaded BIGINT NOT NULL DEFAULT 0,
  remaining BIGINT NOT NULL DEFAULT 0,
  uploaded BIGINT NOT NULL DEFAULT 0,
  upspeed INT UNSIGNED NOT NULL DEFAULT 0,
  downspeed INT UNSIGNED NOT NULL DEFAULT 0,
  corrupt BIGINT NOT NULL DEFAULT 0,
  timespent INT UNSIGNED NOT NULL DEFAULT 0,
  useragent VARCHAR(51) NOT NULL DEFAULT '',
  connectable TINYINT NOT NULL DEFAULT 1,
  mtime INT NOT NULL DEFAULT 0,
  ip VARCHAR(15) NOT NULL DEFAULT '',
  PRIMARY KEY (peer_id, fid, uid),
  KEY remaining_idx (remaining),
  KEY fid_idx (fid),
  KEY mtime_idx (mtime),
  KEY uid_active (uid, active)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE xbt_snatched(
  uid INT NOT NULL DEFAULT 0,
  tstamp INT NOT NULL,
  fid INT NOT NULL,
  IP VARCHAR(15) NOT NULL,
  KEY fid (fid),
  KEY tstamp (tstamp),
  KEY uid_tstamp (uid, tstamp)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

CREATE TABLE xbt_client_whitelist(
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  peer_id VARCHAR(20) NULL UNIQUE,
  vstring VARCHAR(200) NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;

INSERT INTO users_main
  (ID, Username, Email, PermissionID, IP, Uploaded, Downloaded, Enabled, Visible, can_leech,
   torrent_pass) VALUES
  (10, 'ten', '', 1, '10.1.0.10', 1000000, 500000, '1', '1', 1, REPEAT('A', 32)),
  (11, 'eleven', '', 1, '10.1.0.11', 0, 0, '1', '1', 0, REPEAT('B', 32)),
  (12, 'twelve', '', 1, '10.1.0.12', 0, 0, '1', '0', 1, REPEAT('C', 32)),
  (13, 'thirteen', '', 1, '10.1.0.13', 0, 0, '2', '1', 1, REPEAT('D', 32)),
  (14, 'fourteen', '', 1, '127.0.0.1', 0, 0, '1', '1', 1, REPEAT('E', 32)),
  (15, 'fifteen', '', 1, '10.1.0.15', 0, 0, '1', '1', 1, REPEAT('F', 32)),
  (16, 'sixteen', '', 1, '10.1.0.16', 0, 0, '1', '1', 1, REPEAT('a', 32));

INSERT INTO torrents (ID, GroupID, info_hash, Size, FreeTorrent, Snatched, balance) VALUES
  (100, 1, X'000102030405060708090A0B0C0D0E0F10111213', 1000, '0', 5, 77),
  (101, 1, X'25263D2B2027225C00FF0102030405060708090A', 1000, '1', 0, 0),
  (102, 1, X'6666666666666666666666666666666666666666', 1000, '2', 0, 0),
  (103, 1, '', 1000, '0', 0, 0);

INSERT INTO users_freeleeches (UserID, TorrentID, Time, Expired, Downloaded) VALUES
  (15, 100, NOW(), 0, 1000),
  (10, 100, NOW(), 1, 0);

INSERT INTO xbt_client_whitelist (peer_id, vstring) VALUES
  ('-TR30', 'Transmission 3'),
  ('-qB4', 'qBittorrent 4');
