"""Error bodies: ``{"error": {"code", "zh", "en"}}`` for every refusal, whatever raised it. Shell: HTTP."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from edge.faces.rules import REFUSALS
from edge.users.secret_files import SecretFileError
from sync.errors import SyncError

log = logging.getLogger("menwei.web")

TEXTS: dict[str, tuple[str, str]] = {
    "login_required": ("请先登录", "log in first"),
    "login_wrong": ("令牌、姓名或密码不对", "wrong token, name or password"),
    "login_rate": ("登录尝试过于频繁，请稍后再试", "too many log-in attempts; try again later"),
    "login_locked": ("错误次数过多，已锁定 15 分钟", "too many wrong attempts; locked for 15 minutes"),
    "login_busy": ("正在验证的人太多，请稍后再试", "too many log-ins are being checked; try again shortly"),
    "pin_wrong": ("PIN 不对", "wrong PIN"),
    "pin_digits": ("PIN 应为 6 到 12 位数字", "a PIN has 6 to 12 digits"),
    "pin_simple": ("PIN 太简单，请勿用重复或连续数字", "too simple: no repeated digit, no plain run"),
    "pin_role": (
        "只有门卫和主管可设 PIN，管理员请用密码登录",
        "only guards and supervisors have a PIN; administrators log in by password",
    ),
    "pin_password": ("请先用密码登录再设置 PIN", "log in by password before you set a PIN"),
    "tablet_unknown": (
        "本机未绑定岗位，请用密码登录后由主管绑定",
        "this device is not bound to a post; log in by password, a supervisor binds it",
    ),
    "unknown_post": ("没有这个岗位", "no such post"),
    "login_fields": ("请填写令牌，或姓名与密码", "give a token, or a name and a password"),
    "forbidden": ("您的角色无权进行此操作", "your role may not do this"),
    "csrf": ("请求缺少防伪令牌，请刷新页面", "the anti-forgery token is missing; reload the page"),
    "foreign_origin": ("请求来自其他网站，已拒绝", "the request comes from another site"),
    "photo_kind": ("照片须为 JPEG 或 PNG", "a photo is JPEG or PNG"),
    "photo_gone": ("照片已不在，请重新拍照", "the photo is no longer here; take it again"),
    "not_written": (
        "日志未能及时写入：没有记录，请自行决定并手写登记",
        "the log could not be written in time: decide yourself and note it on paper",
    ),
    "not_found": ("没有这个地址", "no such address"),
    "unknown_lane": ("没有这条车道", "no such lane"),
    "unknown_door": ("没有这扇门", "no such door"),
    "unknown_picture": ("没有这张图片，可能已按保留期限删除", "no such picture; it may be past its retention"),
    "unknown_plate": ("名单中没有这个车牌", "no such plate on the list"),
    "unknown_booking": ("没有这个预约", "no such booking"),
    "unknown_gate": ("没有这个车道或门", "no such lane or door"),
    "unknown_schedule": ("没有这个时间表", "no such schedule"),
    "unknown_person": ("没有此人", "no such person"),
    "unknown_key": ("此人没有这个凭证", "this person carries no such key"),
    "unknown_visitor": ("没有这个访客码或通行码", "no such visitor code or pass"),
    "unknown_equipment": ("台账中没有此设备", "the ledger has no such equipment"),
    "key_card": ("卡号应为 4 到 40 位十六进制", "a card's number has 4 to 40 hex digits"),
    "key_pin": (
        "密码应为 6～12 位数字，不足 8 位的只能配合卡使用",
        "a PIN has six to twelve digits; under eight it needs a card",
    ),
    "key_phone": (
        "手机公钥应为 32 字节的十六进制 Ed25519 公钥",
        "a phone's key is an Ed25519 public key of 32 bytes in hex",
    ),
    "key_taken": ("此凭证已属于他人，请换一个", "somebody else carries this one; choose another"),
    "request_id_taken": ("请求编号已用于另一个访客码", "this request id belongs to another code"),
    "code_bad_window": ("访客码的时段有误", "the code's window is not valid"),
    "code_bad_uses": ("访客码的次数有误", "the code's number of uses is not valid"),
    "code_bad_phone": ("手机号至少需要四位数字", "a phone number needs four digits at least"),
    "code_host_limit": ("该住户的有效访客码已达上限", "this host has as many live codes as allowed"),
    "code_site_limit": ("有效访客码总数已达上限", "no more live codes can be issued"),
    "slip_unknown": ("没有此放行条", "no such goods slip"),
    "unknown_map": ("没有这张平面图", "no such plan of the site"),
    "unknown_code": ("这不是巡更点的码", "this is no checkpoint's code"),
    "unknown_round": ("没有这一轮巡更", "no such patrol round"),
    "round_over": ("这一轮巡更已结束", "this patrol round is over"),
    "too_early": ("还没到可以开始的时间", "it is too early to begin"),
    "typed_not_allowed": ("此点须扫码或刷标签，不能手输", "this point must be scanned, not typed"),
    "device_clock_ahead": ("设备时钟比网关快，请校准", "the device's clock runs ahead of the gateway's"),
    "scan_too_old": ("离线记录过旧，不再计入", "the scan is too old to count"),
    "unknown_report": ("没有这种上报", "no such kind of report"),
    "place_needed": ("请写明位置或在图上点选", "say where, in words or on the plan"),
    "words_or_photo_needed": ("请写几个字或拍张照片", "a few words or a photo are needed"),
    "not_inside": ("登记中此人或车不在内", "the register has nobody of that key inside"),
    "face_picture_kind": ("请上传 JPEG、PNG 或 WebP 图片", "send a JPEG, PNG or WebP picture"),
    "face_no_camera": ("没有这个人脸相机", "there is no such face camera"),
    "xlsx_missing": (
        "未安装 openpyxl：pip install 'menwei[xlsx]'",
        "openpyxl is not installed: pip install 'menwei[xlsx]'",
    ),
    "pdf_missing": (
        "未安装 reportlab：pip install 'menwei[pdf]'",
        "reportlab is not installed: pip install 'menwei[pdf]'",
    ),
    "face_covered": ("陌生人照片：点开查看，并记录在案", "a stranger's face: open it on purpose; that goes on record"),
    "unknown_event": ("日志中没有此事件", "the log has no such event"),
    "unknown_shift": ("这一天没有这个班次", "no such shift on that day"),
    "busy": ("正在为他人计算，请稍后再试", "busy with somebody else's; try again shortly"),
    "method": ("此地址不支持该方法", "this address does not know that method"),
    "too_large": ("请求内容过大", "the request is too large"),
    "invalid": ("请求内容有误", "the request is not valid"),
    "plate": ("车牌应为 6 到 10 个汉字、字母或数字", "a plate has 6 to 10 Chinese characters, letters or digits"),
    "window": ("结束时间必须晚于开始时间", "the end must be later than the beginning"),
    "account_name": ("姓名应为 1 到 40 个文字，不含符号", "a name has 1 to 40 letters and no symbols"),
    "account_exists": ("已有同名账户", "an account of this name exists"),
    "account_role": ("不能建立此角色的账户", "no account can have this role"),
    "accounts_full": ("账户数量已达上限", "no more accounts can be made"),
    "password_length": ("密码至少 12 个字符", "a password has at least 12 characters"),
    "no_verdict": ("网关未在时限内答复，请看现场确认", "the gateway gave no verdict in time; look at the lane"),
    "too_many_pages": ("打开的页面过多", "too many pages are open"),
    "page_missing": (
        "页面尚未构建：请执行 python hatch_build.py",
        "the page is not built yet; run: python hatch_build.py",
    ),
    "unavailable": ("服务暂不可用", "not available at the moment"),
    "internal": ("网关内部错误，已记入日志", "internal error; it is in the log"),
    "refused": ("未执行", "not carried out"),
}
TEXTS |= {key: words for key, words in REFUSALS.items() if "{" not in words[0]}
"""Every code that a client can meet, in zh and en."""

_BY_STATUS = {
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    405: "method",
    413: "too_large",
    503: "unavailable",
}


class ApiError(HTTPException):
    """A refusal with a code of ``TEXTS``."""

    def __init__(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, detail=code, headers=headers)
        self.code = code


class Refused(HTTPException):
    """A refusal that brings its own sentences and facts, for what is explained elsewhere."""

    def __init__(self, status: int, code: str, zh: str, en: str, **more: Any) -> None:
        super().__init__(status, detail=code)
        self.body = {"error": {"code": code, "zh": zh, "en": en}, **more}


def body(code: str, **more: Any) -> dict[str, Any]:
    """The JSON of a refusal; unknown codes keep their code and get the general sentence."""
    zh, en = TEXTS.get(code, TEXTS["refused"])
    return {"error": {"code": code, "zh": zh, "en": en, **more}}


def install(app: FastAPI) -> None:
    """Make every error of the application speak this language."""

    async def http_error(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if isinstance(error, Refused):
            return JSONResponse(error.body, error.status_code)
        code = error.code if isinstance(error, ApiError) else _BY_STATUS.get(error.status_code, "invalid")
        return JSONResponse(body(code), error.status_code, headers=error.headers)

    async def invalid(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        # Only where and what, never the input: it may hold a password.
        fields = [{"at": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()]
        return JSONResponse(body("invalid", fields=fields), 422)

    async def internal(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return JSONResponse(body("internal"), 500)

    async def store_error(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s: a file of the gateway cannot be read: %s", request.method, request.url.path, error)
        return JSONResponse(body("unavailable"), 503)

    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(SyncError, store_error)
    app.add_exception_handler(SecretFileError, store_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, internal)
